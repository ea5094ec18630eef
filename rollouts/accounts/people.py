"""The page on which an administrator makes and closes accounts."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from rollouts.accounts import services
from rollouts.accounts.models import Person
from rollouts.audit.values import Face


class PersonForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    email = forms.EmailField(label=gettext_lazy("E-mail"), max_length=254)
    staff = forms.BooleanField(label=gettext_lazy("Administers the installation"), required=False)


@login_required
def people(request: HttpRequest) -> HttpResponse:
    """Everybody with an account. Anyone may look; administrators add."""
    assert isinstance(request.user, Person)  # noqa: S101 - login_required
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = services.add_person(
                email=data["email"], name=data["name"], staff=data["staff"], by=request.user, face=Face.PAGE
            )
        except services.NotAllowed as refused:
            messages.error(request, str(refused))
            return redirect("accounts:people")
        except services.Taken as taken:
            form.add_error("email", str(taken))
        else:
            said = _("%(name)s has an account. They set a password by “Forgot the password?”.")
            messages.info(request, said % {"name": made.name})
            return redirect("accounts:people")
    rows = Person.objects.prefetch_related("memberships__team").order_by("name", "pk")
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    context = {"page": page, "form": form}
    return render(request, "accounts/people.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def set_active(request: HttpRequest, pk: int) -> HttpResponse:
    """Closes an account, or opens it again."""
    assert isinstance(request.user, Person)  # noqa: S101 - login_required
    person = get_object_or_404(Person, pk=pk)
    active = request.POST.get("active") == "yes"
    try:
        services.set_active(person=person, active=active, by=request.user, face=Face.PAGE)
    except services.NotAllowed as refused:
        messages.error(request, str(refused))
    return redirect("accounts:people")
