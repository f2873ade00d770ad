"""Static files in production: compressed, and named by their content, so that browsers keep them for ever."""

from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage

_, _IMPORTS = HashedFilesMixin._js_module_import_aggregation_patterns  # type: ignore[attr-defined]


class StaticStorage(CompressedManifestStaticFilesStorage):
    # The imports inside Rowan's own modules get the new names too: after an upgrade no page mixes old and new. Only ours:
    # in other packages' files the pattern also finds what merely looks like an import.
    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("js/*.js", _IMPORTS))
