// <turn-plot>: points of a long session (parts/search_board.py) on a canvas, the best design so far as a line, targets
// as marks. Extends turn_canvas.js.
(() => {
    const HEIGHT = 110, LEFT = 58;
    const DIGITS = Array.from({ length: 92 }, (_, place) => String.fromCharCode(35 + place))
        .filter((digit) => !"&<>'\\".includes(digit)).join("");

    class TurnPlot extends window.TurnCanvas {
        static observedAttributes = ["data-points", "data-best", "data-marks"];

        get width() {
            return Number(this.dataset.width);
        }

        get count() {
            return (this.dataset.points || "").length / this.width;
        }

        // Height from 0 to 1 and whether the spec is met; null where there is no value.
        point(turn) {
            const digits = DIGITS, text = this.dataset.points.slice(turn * this.width, (turn + 1) * this.width);
            if (!text.trim()) return null;
            if (this.width === 2) {
                const value = digits.indexOf(text[0]) * digits.length + digits.indexOf(text[1]);
                return [value / (digits.length ** 2 - 1), value === 0];
            }
            const side = Math.floor(digits.length / 2), value = digits.indexOf(text);
            return [(value % side) / (side - 1), value >= side];
        }

        turnAt(event) {
            const box = this.canvas.getBoundingClientRect();
            const part = (event.clientX - box.left - LEFT) / (box.width - LEFT - 6);
            return this.nearest(Math.round(part * (this.count - 1)));
        }

        tell(turn) {
            return `${this.dataset.title}, turn ${turn}`;
        }

        draw() {
            const wide = this.clientWidth, high = this.clientHeight || HEIGHT, count = this.count;
            if (!wide || !count) return;
            const pen = this.pen(wide, high), style = getComputedStyle(this);
            const color = (name) => style.getPropertyValue(name).trim();
            const x = (turn) => LEFT + (count > 1 ? turn / (count - 1) : 0) * (wide - LEFT - 6);
            const y = (part) => high - 5 - part * (high - 10);
            const marks = (this.dataset.marks || "").split(";").filter(Boolean).map((mark) => {
                const place = mark.indexOf(" ");
                return [Number(mark.slice(0, place)), mark.slice(place + 1)];
            });
            this.shade(pen, marks.map(([part]) => part), color("--met-soft"), wide, high, y);
            pen.font = `11px ${style.fontFamily}`;
            pen.textAlign = "right";
            pen.textBaseline = "middle";
            for (const [part, text] of marks) {
                pen.strokeStyle = color("--edge");
                pen.lineWidth = 1;
                pen.beginPath();
                pen.moveTo(LEFT, y(part));
                pen.lineTo(wide, y(part));
                pen.stroke();
                pen.fillStyle = color("--quiet");
                pen.fillText(text, LEFT - 5, Math.max(7, Math.min(high - 7, y(part))));
            }
            const points = Array.from({ length: count }, (_, turn) => this.point(turn));
            pen.globalAlpha = count > 200 ? 0.65 : 0.85;
            points.forEach((point, turn) => {
                if (!point) return;
                pen.fillStyle = color(point[1] ? "--met-fill" : "--failed-fill");
                pen.beginPath();
                pen.arc(x(turn), y(point[0]), count > 200 ? 1.7 : 2.4, 0, 7);
                pen.fill();
            });
            pen.globalAlpha = 1;
            this.line(pen, points, color("--ink"), x, y, count);
        }

        shade(pen, parts, fill, wide, high, y) {
            const sides = { above: [1.1, parts[0]], below: [parts[0], -0.1], between: [parts[1], parts[0]] };
            const [top, bottom] = sides[this.dataset.good] ?? [0.04, -0.1];
            pen.fillStyle = fill;
            pen.fillRect(LEFT, Math.max(0, y(top)), wide - LEFT, Math.min(high, y(bottom)) - Math.max(0, y(top)));
        }

        line(pen, points, stroke, x, y, count) {
            const steps = (this.dataset.best || "").split(",").filter(Boolean).map(Number).filter((turn) => points[turn]);
            if (!steps.length) return;
            pen.strokeStyle = stroke;
            pen.lineWidth = 1.5;
            pen.beginPath();
            steps.forEach((turn, place) => {
                if (place) pen.lineTo(x(turn), y(points[steps[place - 1]][0]));
                else pen.moveTo(x(turn), y(points[turn][0]));
                pen.lineTo(x(turn), y(points[turn][0]));
            });
            pen.lineTo(x(count - 1), y(points[steps.at(-1)][0]));
            pen.stroke();
        }
    }

    customElements.define("turn-plot", TurnPlot);
})();
