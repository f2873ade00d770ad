"""Any other address of the API: an answer in JSON, so that no program has to read a page."""

from django.http import Http404, HttpRequest, HttpResponse

from api.door import endpoint


@endpoint("GET", "POST", "PUT", "PATCH", "DELETE")
def nowhere(request: HttpRequest, *args: str) -> HttpResponse:
    more = "" if request.path.endswith("/") else " Addresses end in a slash."
    raise Http404(f"There is nothing at {request.path}. The API begins at /api/v1/.{more}")
