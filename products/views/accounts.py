"""Accounts: the list, one account with what its last check found, its edit form, and the button that checks it."""

import json

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render

from products.access import roles_in
from products.forms import AccountForm, carried_out
from products.policies import boundary_of, policies_of
from products.selectors import account_for, accounts_for
from products.services import check_account, create_account, edit_account
from users.http import Request, page

EDIT = "account.edit"


@page(permission="estate.view")
def accounts(request: Request) -> HttpResponse:
    """All accounts, with the age and outcome of their last check."""
    return render(
        request,
        "products/accounts.html",
        {"accounts": accounts_for(request.user), "may_edit": request.user.may(EDIT)},
    )


@page(permission="estate.view")
def account(request: Request, name: str) -> HttpResponse:
    """One account: roles, findings, policies to install."""
    found = account_for(request.user, name)
    check = getattr(found, "check_result", None)
    return render(
        request,
        "products/account.html",
        {
            "account": found,
            "check": check,
            "may_edit": request.user.may(EDIT),
            "kept": next((kept for tell in roles_in if (kept := tell(found))), None),
            "boundary": boundary_of(found),
        },
    )


@page(permission="estate.view")
def account_policies(request: Request, name: str) -> HttpResponse:
    """What an account's owner installs for each role, as JSON: the trust policy and the permissions, as of now."""
    found = account_for(request.user, name)
    roles = [
        {
            "purpose": one["purpose"],
            "role": one["role"],
            "trust_policy": json.loads(one["trust"]),
            "permissions": [json.loads(text) for text in one["permissions"]],
        }
        for one in policies_of(found)
    ]
    bound = boundary_of(found)
    boundary = bound and {"policy": bound["policy"], "document": json.loads(bound["document"])}
    told = {"account": found.aws_id, "boundary": boundary, "roles": roles}
    answer = JsonResponse(told, json_dumps_params={"indent": 2})
    answer["Content-Disposition"] = f'attachment; filename="{found.name}-policies.json"'
    return answer


@page(permission="account.edit", methods=("GET", "POST"))
def account_new(request: Request) -> HttpResponse:
    """Registers an account."""
    form = AccountForm(request.POST or None, initial={"region": "us-east-2"})
    if request.method == "POST" and form.is_valid():
        saved = carried_out(
            form,
            lambda: create_account(
                actor=request.user,
                values=form.values(),
                roles=form.roles(),
                reason=form.cleaned_data["reason"],
            ),
        )
        if saved:
            return redirect("account", saved.name)
    return render(request, "products/account_form.html", {"form": form}, status=422 if form.errors else 200)


@page(permission="account.edit", methods=("GET", "POST"))
def account_edit(request: Request, name: str) -> HttpResponse:
    """Changes an account."""
    found = account_for(request.user, name)
    form = AccountForm(request.POST or None, instance=account_for(request.user, name))
    if request.method == "POST" and form.is_valid():
        saved = carried_out(
            form,
            lambda: edit_account(
                actor=request.user,
                account=found,
                values=form.values(),
                roles=form.roles(),
                reason=form.cleaned_data["reason"],
            ),
        )
        if saved:
            return redirect("account", saved.name)
    return render(
        request,
        "products/account_form.html",
        {"form": form, "account": found},
        status=422 if form.errors else 200,
    )


@page(permission="estate.view", methods=("POST",))
def account_check(request: Request, name: str) -> HttpResponse:
    """Starts a check; the account's page shows how it goes."""
    check_account(actor=request.user, account=account_for(request.user, name))
    return redirect("account", name)
