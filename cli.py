"""poetry run cli: the face of every command; commands/ holds one file for each group."""

import os

os.environ.setdefault("TERMINAL_WIDTH", "80")  # help that fits every terminal; typer reads it when imported

import typer  # after the line that it reads

from commands import (
    check,
    ci,
    dead_letters,
    deploy,
    estimate,
    features,
    form,
    init,
    inspect,
    keys,
    logs,
    models,
    package,
    predict,
    replay,
    serve,
    setup_ci,
    status,
    tags,
    train,
)

app = typer.Typer(
    name="cli",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
    help="A pickled scikit-learn Pipeline becomes an asynchronous prediction API.",
)
app.command()(serve.demo)
app.command()(serve.serve)
app.command(context_settings=train.PASSED_ON)(train.train)
app.command()(predict.predict)
app.command()(predict.result)
app.command("create-bucket")(models.create_bucket)
app.command()(init.init)
app.command()(check.check)
app.command()(inspect.inspect)
app.command()(models.upload)
app.command("list-objects")(tags.list_objects)
app.command()(replay.replay)
app.command()(tags.promote)
app.command()(tags.rollback)
app.command()(tags.delete)
app.command("delete-bucket")(models.delete_bucket)
app.command()(form.form)
app.command()(deploy.deploy)
app.command()(package.package)
app.command()(estimate.estimate)
app.command()(status.status)
app.command()(logs.logs)
app.command()(deploy.remove)
app.command("setup-ci")(setup_ci.setup_ci)
app.add_typer(ci.app, name="ci")
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(features.app, name="features")
app.add_typer(keys.app, name="keys")


def main() -> None:
    """The entry point of `cli`."""
    app()


if __name__ == "__main__":
    main()
