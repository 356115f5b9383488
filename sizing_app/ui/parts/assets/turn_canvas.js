// What <heat-strip> and <turn-plot> share: a canvas with the turns of a session, drawn again when its size, its data or the
// theme changes. A click opens the turn in the table of the page. Whoever extends it has count, turnAt(event),
// tell(turn) and draw().
window.TurnCanvas = class extends HTMLElement {
    static drawn = new Set();
    static themes = null;

    connectedCallback() {
        const all = window.TurnCanvas;
        this.canvas = document.createElement("canvas");
        this.replaceChildren(this.canvas);
        all.drawn.add(this);
        all.themes ??= new MutationObserver(() => all.drawn.forEach((each) => each.draw()));
        all.themes.observe(document.body, { attributes: true, attributeFilter: ["class"] });
        this.sizes = new ResizeObserver(() => this.draw());
        this.sizes.observe(this);
        this.addEventListener("mousemove", (event) => { this.title = this.tell(this.turnAt(event)); });
        this.addEventListener("click", (event) => this.open(this.turnAt(event)));
        this.draw();
    }

    disconnectedCallback() {
        window.TurnCanvas.drawn.delete(this);
        this.sizes.disconnect();
    }

    attributeChangedCallback() {
        if (this.canvas) this.draw();
    }

    // The row of a turn in the table of the page that this is on.
    open(turn) {
        const page = this.closest("[role=tabpanel]") || document;
        const details = page.querySelector(`[data-key="turn-${turn}"] details.turn-row`);
        if (!details) return;
        details.open = true;
        details.scrollIntoView({ block: "center" });
        details.querySelector("summary").focus();
    }

    // A turn that there is.
    nearest(turn) {
        return Math.max(0, Math.min(this.count - 1, turn));
    }

    // A pen for an empty canvas of so many CSS pixels.
    pen(width, height) {
        const ratio = window.devicePixelRatio || 1;
        this.canvas.width = width * ratio;
        this.canvas.height = height * ratio;
        const pen = this.canvas.getContext("2d");
        pen.scale(ratio, ratio);
        return pen;
    }
};
