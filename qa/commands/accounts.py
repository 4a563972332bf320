"""Commands for those who may come in: ``qa accounts add``, ``remove``, ``list``, ``key``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from qa.commands.common import json_option, print_json, settings_of

if TYPE_CHECKING:
    from qa.web.accounts import Accounts


@click.group()
def accounts() -> None:
    """Say who may log in to the browser app, and which programs may ask.

    They stand in the file that the setting auth_file names; while it is set, nobody comes in without an account.
    """


@accounts.command()
@click.argument("name")
@click.option("--stdin", is_flag=True, help="Read the password from standard input, one line.")
@click.option("--replace", is_flag=True, help="Change the password of an account that has one.")
@click.pass_context
def add(context: click.Context, name: str, stdin: bool, replace: bool) -> None:
    """Add the account NAME with a password, or change its password."""
    known = _accounts(context)
    if stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt="The same again", err=True)
    known.set_password(name, password, again=replace)
    click.echo(f"{name} can log in")


@accounts.command()
@click.argument("name")
@click.pass_context
def remove(context: click.Context, name: str) -> None:
    """Remove the account NAME with its password and keys; its sessions end at once."""
    _accounts(context).remove(name)
    click.echo(f"removed {name}")


@accounts.command()
@click.argument("name")
@click.option("--revoke", is_flag=True, help="Make every key of NAME worthless instead.")
@click.pass_context
def key(context: click.Context, name: str, revoke: bool) -> None:
    """Print a new API key for NAME, once: only its hash is kept. Send it as "Authorization: Bearer KEY"."""
    if revoke:
        click.echo(f"revoked {_accounts(context).revoke_keys(name)} key(s) of {name}")
    else:
        click.echo(_accounts(context).add_key(name))


@accounts.command("list")
@json_option
@click.pass_context
def list_accounts(context: click.Context, as_json: bool) -> None:
    """List the accounts: whether they have a password, and how many keys."""
    rows = [
        {"name": account.name, "password": account.password is not None, "keys": len(account.keys)}
        for account in _accounts(context).all().values()
    ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo(f"{row['name']}\t{'password' if row['password'] else 'no password'}\t{row['keys']} key(s)")
    if not rows:
        click.echo("no account yet: add one with `qa accounts add NAME`", err=True)


def _accounts(context: click.Context) -> Accounts:
    from qa.errors import SettingsError
    from qa.web.accounts import Accounts

    path = settings_of(context).auth_file
    if path is None:
        raise SettingsError('no file of accounts: set auth_file in qa.toml, for instance `auth_file = "accounts"`')
    return Accounts(path)
