"""The child process of engine.Engine: a llama.cpp server on a free port of the loopback interface.

    python -m sizing_app.policy.engine_server MODEL.gguf SLOTS CONTEXT THREADS

It prints its address as the one line of standard output and ends when standard input closes or its parent is gone. (A
parent-death signal would be simpler, but the kernel sends it when the THREAD that started the child ends.)
"""

import contextlib
import os
import sys
import threading
import time


def llama_server(model: str, slots: int, context: int, threads: int, port: int = 0):
    """A started xllamacpp.Server of a GGUF file on the loopback interface, with ``slots`` parallel requests of
    ``context`` tokens each; ``port`` 0 takes a free one."""
    import xllamacpp
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_parallel = slots
    params.n_ctx = slots * context  # the server divides it among the slots
    params.cpuparams.n_threads = threads
    params.cpuparams_batch.n_threads = threads
    params.n_threads_http = slots + 16  # an idle connection of a client keeps one
    params.n_gpu_layers = 0
    params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32  # exact, so that seeds reproduce
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    params.cache_prompt = True
    params.cache_ram_mib = 64
    params.ui = False
    params.verbosity = 1
    return xllamacpp.Server(params)


def main(model: str, slots: int, context: int, threads: int) -> None:
    """Serve ``model`` until standard input closes or the parent is gone."""
    parent = os.getppid()
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    server = llama_server(model, slots, context, threads)
    print(server.listening_address, flush=True)
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    os._exit(0)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:5]))
