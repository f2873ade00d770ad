"""Forms of saved views."""

from django import forms

from views_app.saved import NAME_LENGTH

EVERYBODY, ONLY_ME = "everybody", "me"


def _name_field() -> forms.CharField:
    return forms.CharField(
        label="Name",
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
        error_messages={"required": "A view needs a name."},
    )


class NewViewForm(forms.Form):
    name = _name_field()
    seen_by = forms.ChoiceField(choices=[(EVERYBODY, "Everybody in this base"), (ONLY_ME, "Only me")], initial=EVERYBODY)


class RenameViewForm(forms.Form):
    name = _name_field()
