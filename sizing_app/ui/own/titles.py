"""What people read in place of the names of processes and testbenches."""

from sizing_app.circuit.own_models import OWN
from sizing_app.circuit.pdk import PROCESSES
from sizing_app.own.draft import DECK
from sizing_app.testbenches.template import read_template, template_names

TITLES = {OWN: "own models of the text", DECK: "the text's own sources, analyses and .meas lines",
         **{process.name: process.title for process in PROCESSES.values()},
         **{name: read_template(name).title for name in template_names()}}
