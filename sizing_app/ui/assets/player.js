// One turn of a stored session: slider, steps, replay in the time that the turns took. Event: ``go`` with a turn.
const root = element.querySelector(".player-bar");
const part = (name) => root.querySelector(`[data-part=${name}]`);
let timer = null;
let turn = 0;

function go(wanted) {
    const last = props.value.seconds.length - 1;
    turn = Math.max(0, Math.min(last, wanted));
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
    part("play").textContent = timer === null ? "\u25b6 Replay" : "\u2016 Pause";
}

function pause() {
    clearTimeout(timer);
    timer = null;
    show();
}

// The next turn appears after as long as it took, divided by the speed; a blink is the least that can be seen.
function play() {
    const last = props.value.seconds.length - 1;
    if (turn >= last) return pause();
    const seconds = props.value.seconds[turn + 1] / Number(part("speed").value);
    timer = setTimeout(() => { go(turn + 1); play(); }, Math.max(300, 1000 * seconds));
    show();
}

function toggle() {
    if (timer !== null) return pause();
    if (turn >= props.value.seconds.length - 1) go(0);
    play();
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
    if (timer !== null && (root.dataset.session !== props.value.session || !root.offsetParent)) pause();
    if (timer === null || props.value.turn > turn) turn = props.value.turn;
    root.dataset.session = props.value.session;
    show();
}

watch("value", draw);
draw();
