// <heat-strip data-cells="+k0-">: one cell a turn (parts/heat_strip.py), drawn on a canvas. Where there are more turns
// than pixels, a pixel shows the best of its turns. Extends turn_canvas.js.
(() => {
    const LEVELS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const WIDE = 22, FEW = 24, NEARLY = 0.875;  // a miss by a tenth of the scale scores 0.875

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

    class HeatStrip extends window.TurnCanvas {
        static observedAttributes = ["data-cells"];

        get cells() {
            return this.dataset.cells || "";
        }

        get count() {
            return this.cells.length;
        }

        turnAt(event) {
            const box = this.canvas.getBoundingClientRect();
            return this.nearest(Math.floor((event.clientX - box.left) / box.width * this.count));
        }

        tell(turn) {
            const value = score(this.cells[turn]);
            const words = value === null ? "no simulation" : value === 1 ? "met, score 1"
                : this.cells[turn] === "-" ? "no value, score 0" : `missed, score ${value.toFixed(2)}`;
            return `${this.dataset.title}, turn ${turn}: ${words}`;
        }

        draw() {
            const count = this.count, few = count <= FEW;
            this.style.width = few ? `${WIDE * count}px` : "100%";
            const width = few ? WIDE * count : this.clientWidth, height = this.clientHeight;
            if (!width || !height) return;
            const pen = this.pen(width, height), style = getComputedStyle(this);
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
