"""Which policies act on a plan in a person's words, and which words they can read."""

from sizing_app.errors import PolicyError
from sizing_app.policy.registry import POLICIES
from sizing_app.prompt.compact import in_ascii, opening
from sizing_app.task.validation import MAX_HINT


def takes_plans(name: str) -> bool:
    """Whether a policy writes its reasoning before its design, so that it can be given another one."""
    return name in POLICIES and POLICIES[name].kind in ("checkpoint", "chat")


def why_no_plans(name: str) -> str:
    """One sentence on a policy that does not."""
    return f"The policy {name} writes no plan before its design, so there is none to edit: choose a language model."


def read_plan(name: str, text: str) -> str:
    """A person's plan in one line. Raises PolicyError where the policy cannot read it, before anything is simulated."""
    if not takes_plans(name):
        raise PolicyError(why_no_plans(name))
    plan = " ".join(text.split())
    if not plan:
        raise PolicyError("The plan is empty: write what is to change, such as \"I raise w_in and cut i_b.\"")
    if POLICIES[name].kind == "chat":
        if len(plan) > MAX_HINT:
            raise PolicyError(f"The plan has {len(plan)} characters, at most {MAX_HINT} are read.")
        return plan
    try:
        opening(in_ascii(plan))
    except ValueError as error:
        raise PolicyError(f"The plan cannot be read by {name}: {error}.") from error
    return plan
