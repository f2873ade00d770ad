"""Long text: paragraphs. A cell shows their beginning, the row's page all of them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tables.columns.base import Options
from tables.columns.text import Text

if TYPE_CHECKING:
    from tables.samples import Batch


class LongText(Text):
    key = "long_text"
    label = "Long text"
    icon = "kind-long-text"
    width = 260

    def sample(self, batch: "Batch", name: str, options: Options) -> Sequence[str]:
        return batch.long_texts(name)
