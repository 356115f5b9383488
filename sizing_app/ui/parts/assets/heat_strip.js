// <heat-strip data-cells="+k0-">: one cell a turn (parts/heat_strip.py), drawn on a canvas. Where there are more turns
// than pixels, a pixel shows the best of its turns. A click opens the turn in the table of the page.

// The row of a turn in the table of the page that a node is on.
window.openTurn = (node, turn) => {
    const page = node.closest("[role=tabpanel]") || document;
    const details = page.querySelector(`[data-key="turn-${turn}"] details.turn-row`);
    if (!details) return;
    details.open = true;
    details.scrollIntoView({ block: "center" });
    details.querySelector("summary").focus();
};

(() => {
    const LEVELS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const WIDE = 22, FEW = 24, NEARLY = 0.875;  // a miss by a tenth of the scale scores 0.875
    const drawn = new Set();
    let themes = null;  // draws again with other colours

    function score(cell) {
        if (cell === "+") return 1;
        if (cell === " ") return null;
        return cell === "-" ? 0 : LEVELS.indexOf(cell) / LEVELS.length;
    }

    function look(value, style) {
        const name = value === 1 ? "met" : value >= NEARLY ? "nearly" : value >= 0.5 ? "missed" : "failed";
        const sign = { met: "\u2713", nearly: "\u2248", missed: "\u2715", failed: "\u2715" }[name];
        return [style.getPropertyValue(`--heat-${name}`).trim(), sign, style.getPropertyValue(`--heat-${name}-ink`).trim()];
    }

    class HeatStrip extends HTMLElement {
        static observedAttributes = ["data-cells"];

        connectedCallback() {
            this.canvas = document.createElement("canvas");
            this.replaceChildren(this.canvas);
            drawn.add(this);
            themes ??= new MutationObserver(() => drawn.forEach((strip) => strip.draw()));
            themes.observe(document.body, { attributes: true, attributeFilter: ["class"] });
            this.sizes = new ResizeObserver(() => this.draw());
            this.sizes.observe(this);
            this.addEventListener("mousemove", (event) => this.tell(this.turnAt(event)));
            this.addEventListener("click", (event) => window.openTurn(this, this.turnAt(event)));
            this.draw();
        }

        disconnectedCallback() {
            drawn.delete(this);
            this.sizes.disconnect();
        }

        attributeChangedCallback() {
            if (this.canvas) this.draw();
        }

        get cells() {
            return this.dataset.cells || "";
        }

        turnAt(event) {
            const box = this.canvas.getBoundingClientRect();
            return Math.max(0, Math.min(this.cells.length - 1,
                Math.floor((event.clientX - box.left) / box.width * this.cells.length)));
        }

        tell(turn) {
            const value = score(this.cells[turn]);
            const words = value === null ? "no simulation" : value === 1 ? "met, score 1"
                : this.cells[turn] === "-" ? "no value, score 0" : `missed, score ${value.toFixed(2)}`;
            this.title = `${this.dataset.title}, turn ${turn}: ${words}`;
        }

        draw() {
            const count = this.cells.length, few = count <= FEW;
            this.style.width = few ? `${WIDE * count}px` : "100%";
            const width = few ? WIDE * count : this.clientWidth, height = this.clientHeight;
            if (!width || !height) return;
            const ratio = window.devicePixelRatio || 1;
            this.canvas.width = width * ratio;
            this.canvas.height = height * ratio;
            const pen = this.canvas.getContext("2d"), style = getComputedStyle(this);
            pen.scale(ratio, ratio);
            pen.font = `12px ${style.fontFamily}`;
            pen.textAlign = "center";
            pen.textBaseline = "middle";
            const columns = Math.min(count, Math.floor(width)), step = width / columns;
            for (let column = 0; column < columns; column += 1) {
                const some = [...this.cells.slice(Math.floor(column * count / columns),
                    Math.floor((column + 1) * count / columns))].map(score).filter((value) => value !== null);
                if (!some.length) continue;
                const [fill, sign, ink] = look(Math.max(...some), style), gap = step > 6 ? 2 : 0;
                pen.fillStyle = fill;
                pen.fillRect(column * step, 0, step - gap + (gap ? 0 : 0.5), height);
                if (!few) continue;
                pen.fillStyle = ink;
                pen.fillText(sign, (column + 0.5) * step - 1, height / 2 + 0.5);
            }
            if (this.dataset.best === "") return;
            const best = Number(this.dataset.best), least = Math.max(3, width / count);
            pen.strokeStyle = style.getPropertyValue("--ink").trim();
            pen.lineWidth = 1.5;
            pen.strokeRect(best * width / count + 0.75, 0.75, least - (few ? 3.5 : 1.5), height - 1.5);
        }
    }

    customElements.define("heat-strip", HeatStrip);
})();
