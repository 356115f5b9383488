// One turn of a stored session: slider, steps, replay in the time that the turns took. Event: ``go`` with a turn.
const root = element.querySelector(".player-bar");
const part = (name) => root.querySelector(`[data-part=${name}]`);
let timer = null;
let playing = false;
let turn = 0;
let asked = null;  // the turn that the server has been asked for and has not shown yet

function go(wanted) {
    const last = props.value.seconds.length - 1;
    turn = asked = Math.max(0, Math.min(last, wanted));
    show();
    trigger("go", { turn });
}

function show() {
    const last = Math.max(0, props.value.seconds.length - 1);
    const slider = part("slider");
    slider.max = String(Math.max(1, last));
    slider.value = String(turn);
    slider.disabled = last === 0;
    slider.setAttribute("aria-valuetext", `turn ${turn} of ${last}`);
    part("place").textContent = `Turn ${turn} of ${last}`;
    part("former").disabled = turn === 0;
    part("next").disabled = turn >= last;
    part("play").disabled = last === 0;
    part("play").textContent = !playing ? "\u25b6 Replay" : "\u2016 Pause";
}

function pause() {
    clearTimeout(timer);
    playing = false;
    show();
}

// The next turn appears after as long as it took, divided by the speed; a blink is the least that can be seen. The one
// before must have been shown, so that a slow server leaves none out.
function schedule() {
    clearTimeout(timer);
    if (turn >= props.value.seconds.length - 1) return pause();
    const seconds = props.value.seconds[turn + 1] / Number(part("speed").value);
    timer = setTimeout(() => go(turn + 1), Math.max(300, 1000 * seconds));
    show();
}

function toggle() {
    if (playing) return pause();
    playing = true;
    if (turn >= props.value.seconds.length - 1) go(0);
    else schedule();
}

function step(by) {
    pause();
    go(turn + by);
}

part("former").addEventListener("click", () => step(-1));
part("next").addEventListener("click", () => step(1));
part("play").addEventListener("click", toggle);
part("slider").addEventListener("input", (event) => {
    const wanted = Number(event.target.value);
    pause();
    go(wanted);
});
document.addEventListener("keydown", (event) => {
    const writing = event.target.closest("input, textarea, select, button, summary, [tabindex], [contenteditable]");
    if (!root.offsetParent || writing || event.ctrlKey || event.metaKey || event.altKey) return;
    const action = { ArrowLeft: () => step(-1), ArrowRight: () => step(1), " ": toggle }[event.key];
    if (!action) return;
    event.preventDefault();
    action();
});

function draw() {
    if (root.dataset.session !== props.value.session) {
        root.dataset.session = props.value.session;
        asked = null;
        pause();
    }
    if (asked !== null && asked !== props.value.turn) return;
    asked = null;
    turn = props.value.turn;
    show();
    if (!playing) return;
    if (root.offsetParent) schedule();
    else pause();
}

watch("value", draw);
draw();
