"""What schemathesis asks for: jobs that there are, every second time, and nothing that goes on for ever."""

import schemathesis

REAL = {"cid": "default", "partition": "team-a", "id": "one"}


@schemathesis.hook
def before_call(context, case, kwargs):
    for name, value in REAL.items():
        if case.path_parameters and name in case.path_parameters and len(str(case.path_parameters[name])) % 2:
            case.path_parameters[name] = value
    for name in ("watch", "follow"):
        if case.query and str(case.query.get(name)).lower() == "true":
            case.query[name] = "false"
