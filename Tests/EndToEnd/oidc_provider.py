"""An OpenID Connect provider on loopback: PyPI's oidc-provider-mock, which is Authlib's server, with keys that can be turned over.

    python3 oidc_provider.py PORT

POST /rotate: from then on tokens are signed with a new key, and the old one is not published any more.
"""

import os
import sys
import uuid

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # over loopback alone

import flask
import oidc_provider_mock
from authlib.jose import RSAKey
from werkzeug.serving import make_server


def new_key():
    return RSAKey.generate_key(2048, {"kid": uuid.uuid4().hex}, is_private=True)


app = oidc_provider_mock.app(
    user_claims=[
        oidc_provider_mock.User(sub="1", claims={"email": "ann@example.org", "groups": ["ml-admins"]}),
        oidc_provider_mock.User(sub="2", claims={"email": "bob@example.org", "groups": ["team-a"]}),
        oidc_provider_mock.User(sub="3", claims={"email": "eve@example.org"}),
    ]
)


@app.post("/rotate")
def rotate():
    flask.g.oidc_provider_mock_storage.jwk = new_key()
    return "", 204


server = make_server("127.0.0.1", int(sys.argv[1]), app, threaded=True)
print("ready", flush=True)
server.serve_forever()
