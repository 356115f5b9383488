"""The Circuits page: what can be sized, how it is measured, how hard it is, and a design that meets its specs."""

from urllib.parse import urlencode

import gradio as gr
from markupsafe import Markup

from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.folder import golden
from sizing_app.circuit.toml_table import CircuitError
from sizing_app.circuit.units import show_percent, show_share
from sizing_app.evaluate.check_file import CHECK_FILE, Difficulty, read_difficulties
from sizing_app.task.reward import score
from sizing_app.task.turn import Measurement
from sizing_app.ui.parts.circuit_panel import choices, panel
from sizing_app.ui.parts.components import address
from sizing_app.ui.parts.events import PRIVATE
from sizing_app.ui.parts.render import WORDS, alert, target, verdict
from sizing_app.ui.services import Services


class CircuitsPage:
    """Built inside a gr.Blocks."""

    def __init__(self, services: Services):
        self.services, first, circuits = services, services.default_circuit, services.circuits
        self.address = address()
        with gr.Row(elem_classes="filters compare-ids"):
            self.circuit = gr.Dropdown(choices(circuits), value=first, label="Circuit", elem_id="circuit-choice")
        self.page = gr.HTML(circuit_html(first, circuits[first]), elem_id="circuit-page", apply_default_css=False)
        self.circuit.input(self.show, self.circuit, [self.page, self.address], **PRIVATE)

    def connect(self, page: gr.Blocks) -> None:
        page.load(self.open_link, None, [self.circuit, self.page], **PRIVATE)

    def show(self, name: str) -> list:
        circuit = self.services.circuits.get(name)
        if circuit is None:
            return [alert(f"There is no circuit {name!r} any more: choose another one."), gr.skip()]
        return [circuit_html(name, circuit), {"view": "circuits", "circuit": name}]

    def open_link(self, request: gr.Request) -> list:
        """?view=circuits&circuit=NAME"""
        query, circuits = request.query_params, self.services.circuits
        name = query.get("circuit", "")
        if query.get("view") != "circuits" or name not in circuits:
            return [gr.Dropdown(choices(circuits)), gr.skip()]
        return [gr.Dropdown(choices(circuits, name), value=name), circuit_html(name, circuits[name])]


def run_link(circuit: str, policy: str = "") -> str:
    """Relative address of the Run page with a circuit and a policy chosen."""
    return "?" + urlencode({"circuit": circuit, **({"policy": policy} if policy else {})})


def circuit_html(handle: str, circuit: Circuit) -> Markup:
    """``handle``: the name or key that the catalog has it by."""
    held_out = Markup('<span class="tag">held out for evaluation</span>') if circuit.held_out else ""
    return Markup(
        '<article class="sheet"><header><h2>{} <span class="quiet">{}</span>{}</h2>'
        '<a class="button" href="{}">Size this</a></header>{}{}{}</article>').format(
            circuit.name, circuit.title, held_out, run_link(handle), Markup(panel(circuit)), _metrics(circuit),
            _difficulty(circuit))


def _metrics(circuit: Circuit) -> Markup:
    """Definition, default target, and what the golden design reaches."""
    try:
        design = golden(circuit)
        parts = {part.metric: part for part in score(Measurement("ok", design["metrics"]), circuit.specs).specs}
    except CircuitError:
        design, parts = {"metrics": {}, "parameters": {}}, {}
    specs = {spec.metric: spec for spec in circuit.specs}
    rows = Markup("").join(
        Markup('<tr><th scope="row">{}</th><td class="num">{}</td>'
               '<td class="num">{} {}</td><td>{}</td></tr>').format(
            metric.title, target(specs[metric.name], metric.unit) if metric.name in specs else "\u2013",
            metric.show(design["metrics"].get(metric.name)), _mark(parts.get(metric.name)), metric.definition)
        for metric in circuit.metrics)
    values = Markup(" ").join(Markup("<code>{}={}</code>").format(parameter.name, parameter.show(value))
                              for parameter in circuit.parameters
                              if (value := design["parameters"].get(parameter.name)) is not None)
    return Markup(
        '<section><h3>Metrics, default specs, golden design</h3><div class="scroll" tabindex="0"><table><thead><tr>'
        '<th scope="col">Metric</th><th scope="col" class="num">Default spec</th><th scope="col" class="num">'
        'Golden design</th><th scope="col">Definition</th></tr></thead><tbody>{}</tbody></table></div>'
        '<p class="design">{}</p></section>').format(rows, values or "There is no golden design.")


def _mark(part) -> Markup | str:
    if part is None:
        return ""
    kind = verdict(part)
    return Markup('<span class="verdict {}"><i aria-hidden="true">{}</i> {}</span>').format(kind, *WORDS[kind])


def _difficulty(circuit: Circuit) -> Markup:
    try:
        row = next((row for row in read_difficulties() if row.circuit == circuit.name), None)
    except ValueError as error:
        return Markup('<p class="warning" role="alert">{}</p>').format(str(error))
    if row is None:
        return Markup('<section><h3>How hard it is</h3><p class="quiet">Not measured yet: <code>{}</code></p></section>'
                      ).format(f"python -m sizing_app circuits --check --circuits {circuit.name} --out {CHECK_FILE}")
    cells = Markup("").join(Markup("<div><dt>{}</dt><dd>{} <small>{}</small></dd></div>").format(*figure)
                            for figure in _figures(row))
    return Markup('<section><h3>How hard it is</h3><dl class="figures">{}</dl></section>').format(cells)


def _figures(row: Difficulty) -> list[tuple[str, str, str]]:
    """Title, figure, remark."""
    best = [(f"Best of 5: {policy}", f"{value:.3f}", f"mean over {row.queries} queries")
            for policy, value in row.best.items()]
    return [("Golden design meets", f"{row.golden_met} of {row.golden_specs}", "default specs"),
            ("Random designs simulate", show_share(row.simulated), f"of {row.designs}"),
            ("Random designs meet all", show_share(row.passed), "default specs, nominal conditions"),
            ("Mean reward", f"{row.mean_reward:.4f}", "of a random design"), *best,
            ("Simulation", f"{row.cpu_ms:.0f} ms", f"CPU, longest {row.cpu_ms_longest:.0f} ms"),
            *((f"Best single design, {gates.suite}", show_percent(gates.single),
               f"of {gates.queries} test queries, one a place, in hindsight") for gates in row.gates)]
