"""One thing done for many handlers at a time: the calls in threads, the rows in the step's own thread."""

from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from aws.errors import AwsError, CodeStorageFull

T = TypeVar("T")

THREADS = 48
SAVE_SECONDS = 0.5


class HandlerFailed(Exception):
    """This handler cannot be brought on by another try; the text says why. The others go on."""


class Crew(Generic[T]):
    """Does `work` for each name. What it answers, or why it failed, is given to `keep` about twice a second, and which
    names were begun to `begun`.

    Work that AWS refuses for good fails its handler only. Everything else that is raised, a lost lease above all or a
    full code storage, ends the crew: nobody begins anything more, what is under way ends, and it is raised.
    """

    def __init__(
        self,
        work: Callable[[str], T],
        keep: Callable[[Mapping[str, "T | HandlerFailed"]], None],
        begun: Callable[[Collection[str]], None] = lambda names: None,
    ) -> None:
        self._work, self._keep, self._begun = work, keep, begun
        self._started: SimpleQueue[str] = SimpleQueue()

    def run(self, names: Iterable[str], enough: Callable[[], bool] = lambda: False) -> None:
        """All names, in their order; when `enough` says so after results were kept, no more are begun."""
        with ThreadPoolExecutor(THREADS, "crew") as threads:
            pending: dict[Future[T], str] = {threads.submit(self._one, name): name for name in names}
            try:
                while pending:
                    self._tell(_ended(pending))
                    if enough():
                        _drop(pending)
            finally:
                threads.shutdown(wait=True, cancel_futures=True)

    def _one(self, name: str) -> T:
        self._started.put(name)
        return self._work(name)

    def _tell(self, results: Mapping[str, "T | HandlerFailed"]) -> None:
        if begun := [name for name in self._newly_begun() if name not in results]:
            self._begun(begun)
        if results:
            self._keep(results)

    def _newly_begun(self) -> Iterable[str]:
        try:
            while True:
                yield self._started.get_nowait()
        except Empty:
            return


def _ended(pending: "dict[Future[T], str]") -> dict[str, Any]:
    """What has ended, taken out of `pending`. Raises what ends the crew."""
    done, _ = wait(pending, timeout=SAVE_SECONDS)
    return {pending.pop(future): _result(future) for future in done}


def _result(future: "Future[Any]") -> Any:
    """What the work answered, or why its handler failed."""
    try:
        return future.result()
    except HandlerFailed as failed:
        return failed
    except CodeStorageFull:
        raise
    except AwsError as error:
        return HandlerFailed(str(error))


def _drop(pending: "dict[Future[T], str]") -> None:
    """Take out what was not begun yet."""
    for future in [future for future in pending if future.cancel()]:
        del pending[future]
