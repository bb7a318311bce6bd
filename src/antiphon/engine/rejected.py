"""What a review found unfit: the answer's text, or a call, which the model is to make again.

Pure. Counterpart: `review.py`, which finds it.
"""

from dataclasses import dataclass

QUOTED = 200


@dataclass(frozen=True, slots=True)
class Rejected:
    """What the model is to make again: the answer's text, or a call (`name`, `call_id`).

    `hopeless` says that another try is no use.
    """

    fault: str
    written: str
    name: str | None = None
    call_id: str = ""
    hopeless: bool = False

    @property
    def sentence(self) -> str:
        """What is wrong, for the client."""
        what = f"The input of the call of {self.name}" if self.name else "The model's answer"
        constraint = "its grammar" if self.name else "text.format"
        short = self.written if len(self.written) <= QUOTED else f"{self.written[:QUOTED]}…"
        return f"{what} doesn't match {constraint}: {self.fault} It was: {short}"
