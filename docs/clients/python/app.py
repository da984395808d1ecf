"""A Flask app that shows who is signed in."""
import os

from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, session, url_for
from markupsafe import escape

app = Flask(__name__)
app.secret_key = os.environ["COOKIE_SECRET"]
port = int(os.environ.get("PORT", "3000"))

countersign = OAuth(app).register(
    "countersign",
    client_id=os.environ["CLIENT_ID"],
    client_secret=os.environ["CLIENT_SECRET"],
    server_metadata_url=os.environ["ISSUER"] + "/.well-known/openid-configuration",
    client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256"},
)


@app.route("/")
def home():
    person = session.get("person")
    if person is None:
        return '<a href="/sign-in">Sign in</a>'
    return f'<p>Signed in as {escape(person["name"])} ({escape(person["email"])})</p><a href="/sign-out">Sign out</a>'


@app.route("/sign-in")
def sign_in():
    return countersign.authorize_redirect(url_for("callback", _external=True))


@app.route("/callback")
def callback():
    token = countersign.authorize_access_token()
    session["person"] = dict(countersign.userinfo(token=token))
    return redirect("/")


@app.route("/sign-out")
def sign_out():
    session.clear()
    return redirect("/")


print(f"The app is at http://127.0.0.1:{port}", flush=True)
app.run("127.0.0.1", port)
