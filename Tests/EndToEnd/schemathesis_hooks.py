"""What schemathesis asks for: jobs that there are, every second time, and nothing that goes on for ever."""

import schemathesis

REAL = {"cid": "default", "partition": "team-a", "id": "one"}


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    for name, value in REAL.items():
        if path_parameters and name in path_parameters and len(str(path_parameters[name])) % 2:
            path_parameters[name] = value
    return path_parameters


@schemathesis.hook
def map_query(context, query):
    for name in ("watch", "follow"):
        if query and str(query.get(name)).lower() == "true":
            query[name] = "false"
    return query
