"""The panel of colour rules. Like the toolbar's other panels it changes nothing on the server (views_app/panel_views.py)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from views_app.answers import answers_errors
from views_app.color_drafts import begun_rule, change_rules, draft_rules, drawn_rules, finished_rules, read_rules, rule_places
from views_app.here import load, show
from views_app.panels import Drawing
from views_app.state import WRITE


@require_http_methods(["GET", "POST"])
@never_cache
@answers_errors
def color_panel(request: HttpRequest, table_id: int) -> HttpResponse:
    """GET: the panel for the link's rules. POST: its form, changed as the button `do` says.

    A form with `do=typed` comes from a field that keeps its place: nothing but the sentences beside the fields is answered.
    """
    here = load(request, table_id)
    columns, people = here.columns, here.people()
    if request.method == "GET":
        rules = draft_rules(here.seen(request.GET).rules, columns) or [begun_rule((), columns)]
        context = drawn_rules(rules, Drawing(columns, people, {}, "r0"))
        return render(request, "views_app/color_panel.html", {"table": here.table, **context})
    rules = read_rules(request.POST, columns)
    do = request.POST.get("do", "")
    focus = change_rules(rules, do, columns)
    made, problems = finished_rules(rules, columns)
    if do == "typed":
        response = render(request, "views_app/filter_problems.html", {"places": rule_places(rules, problems)})
    else:
        focus_on = "remove" if do.startswith("remove:") else "column"
        context = drawn_rules(rules, Drawing(columns, people, problems, focus, focus_on))
        response = render(request, "views_app/color_form.html", {"table": here.table, **context})
    return show(response, request.POST, {"colors": WRITE["colors"](made)})
