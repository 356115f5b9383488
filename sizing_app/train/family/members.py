"""A member of the family as a circuit like any other."""

from functools import cache

from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.netlist import used_names
from sizing_app.train.family.bench import analyses, measures, metrics, testbench
from sizing_app.train.family.netlists import netlist
from sizing_app.train.family.options import Options
from sizing_app.train.family.ranges import parameters


@cache
def member(options: Options) -> Circuit:
    """The circuit of a member, yet without specs."""
    flavour, text = options.flavour, netlist(options)
    title = f"{options.first_stage.capitalize()} amplifier, {options.stages}, {flavour.name}"
    return Circuit(
        name=options.name, title=title, summary=f"{', '.join(options.topology)}, {flavour.supply:g} V.",
        process=flavour.process, parameters=parameters(options, used_names(text)), metrics=metrics(options),
        specs=(), conditions=flavour.conditions, analyses=analyses(options), measures=measures(options),
        netlist=text, testbench=testbench(options), topology=options.topology,
        devices={"nmos": flavour.nmos, "pmos": flavour.pmos})
