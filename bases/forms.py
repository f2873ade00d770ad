"""Forms of bases and their members."""

from django import forms

from bases.demo import DEMO_EMAIL
from bases.models import Base, Role

# The names of the colours in static/css/tokens.css.
COLORS = ("gray", "red", "orange", "amber", "lime", "green", "teal", "cyan", "blue", "indigo", "purple", "pink")


class BaseForm(forms.ModelForm):
    color = forms.ChoiceField(choices=[(name, name.title()) for name in COLORS], initial="blue")

    class Meta:
        model = Base
        fields = ("name", "color")
        widgets = {"name": forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"})}
        error_messages = {"name": {"required": "A base needs a name."}}

    def clean_name(self) -> str:
        """In one line: the name stands in mails."""
        return " ".join(self.cleaned_data["name"].split())


class RoleField(forms.TypedChoiceField):
    def __init__(self) -> None:
        super().__init__(choices=Role.choices, coerce=lambda value: Role(int(value)), initial=Role.EDITOR)


class InviteForm(forms.Form):
    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "placeholder": "name@example.com"}),
        error_messages={"required": "Give the e-mail address of the person to invite."},
    )
    role = RoleField()

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if email.lower() == DEMO_EMAIL:
            raise forms.ValidationError("The demo account is shared by all who use this machine, so it cannot be invited.")
        return email


class RoleForm(forms.Form):
    role = RoleField()
