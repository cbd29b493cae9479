"""Gives all events of a database their place in the signed log; says how many, how fast.

Started beside a tree's `app`, with the settings of the database in the environment.
"""

import gc
import json
from time import perf_counter, process_time

from app.core.settings import Settings
from app.main import COLLECT, open_house
from app.safeguards.audit.sequencer import open_sequencer


def main() -> None:
    settings = Settings()
    settings.log_checkpoint_file.unlink(missing_ok=True)  # of another copy
    house = open_house(settings)
    sequencer = open_sequencer(house.engine, house.vault, settings)
    gc.collect()
    gc.freeze()  # as a server does once it has started
    gc.set_threshold(*COLLECT)
    begun, used = perf_counter(), process_time()
    sequencer.drain()
    took, own = perf_counter() - begun, process_time() - used
    if sequencer.unvouched:
        raise SystemExit(f"{sequencer.unvouched} events are not the application's")
    print(json.dumps({"leaves": sequencer.size, "seconds": took, "cpu": own}))


if __name__ == "__main__":
    main()
