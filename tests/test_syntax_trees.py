"""Two threads make syntax trees while garbage is collected and a listener lets others run."""

import ast
import gc
import inspect
import threading
import time
from pathlib import Path


def test_threads_that_make_syntax_trees_do_not_break_each_other():
    source = Path(__file__).read_text(encoding="utf-8") * 10
    broken = []

    def let_others_run(*_: object) -> None:
        time.sleep(0)

    def often(make, times) -> None:
        try:
            for _ in range(times):
                make()
        except SystemError as exc:
            broken.append(exc)

    usual = gc.get_threshold()
    gc.callbacks.append(let_others_run)
    gc.set_threshold(50)
    try:
        threads = [
            threading.Thread(target=often, args=(lambda: ast.parse(source), 20)),
            threading.Thread(target=often, args=(lambda: inspect.signature(int.to_bytes), 1000)),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        gc.set_threshold(*usual)
        gc.callbacks.remove(let_others_run)
    assert broken == []
