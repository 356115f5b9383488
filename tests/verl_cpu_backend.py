"""A processor in a GPU's place, and a writer in vLLM's, for verl's own trainer: VERL_USE_EXTERNAL_MODULES names it.

verl has no CPU platform. This one lets its FSDP engine run on one process over gloo; the server writes designs
(verl_cpu.py) and takes the weights that the trainer sends without using them.
"""

from contextlib import nullcontext
from types import SimpleNamespace

import ray
import torch.distributed
from verl.plugin.platform.platform_base import PlatformBase
from verl.plugin.platform.platform_manager import PlatformRegistry
from verl.utils import distributed
from verl.workers.rollout import base
from verl.workers.rollout.replica import RolloutReplica, RolloutReplicaRegistry

MEMORY = ("memory_allocated", "memory_reserved", "max_memory_allocated", "max_memory_reserved")


@PlatformRegistry.register("cpu")
class Processor(PlatformBase):
    device_name, vendor_name = "cpu", "none"
    device_module = SimpleNamespace(
        is_available=lambda: False, empty_cache=lambda: None, synchronize=lambda *_: None, set_device=lambda _: None,
        current_device=lambda: "cpu", get_device_name=lambda *_: "CPU", mem_get_info=lambda *_: (0, 1),
        **dict.fromkeys(MEMORY, lambda *_: 0))

    def is_available(self):
        return True

    def current_device(self):
        return "cpu"

    def device_count(self):
        return 1

    def communication_backend_name(self):
        return "gloo"

    def get_device_capability(self, device_index=None):
        return None, None

    def visible_devices_envvar(self):
        return "CUDA_VISIBLE_DEVICES"

    def ray_resource_name(self):
        return "GPU"

    def ray_noset_envvars(self):
        return []

    def is_ipc_supported(self):
        return False

    def nvtx_range(self, msg):
        return nullcontext()

    def _nothing(self, *_):
        return None

    set_device = synchronize = manual_seed = manual_seed_all = set_allocator_settings = empty_cache = _nothing
    profiler_start = profiler_stop = cudart = _nothing


def join_group(timeout_second=None, backend=None):
    """verl names gloo twice where the device is the processor, which torch refuses."""
    if not torch.distributed.is_initialized():
        torch.distributed.init_process_group("gloo")


distributed.initialize_global_process_group_ray = join_group


class Adapter(base.BaseRollout):
    """The trainer's side of the server."""

    async def resume(self, tags):
        pass

    async def release(self):
        pass

    async def update_weights(self, weights, **facts):
        self.received = sum(tensor.numel() for _, tensor in weights)


class Server:
    def __init__(self, folder: str):
        from transformers import AutoTokenizer
        from verl_cpu import Writer
        self.writer = Writer(AutoTokenizer.from_pretrained(folder), "OTA")

    async def generate(self, **request):
        return self.writer.reply()

    async def sleep(self):
        pass

    async def wake_up(self):
        pass


class Replica(RolloutReplica):
    async def launch_servers(self):
        self._server_handle = ray.remote(num_cpus=0)(Server).remote(self.model_config.path)
        self._server_address, self.servers = f"writer:{self.replica_rank}", [self._server_handle]


RolloutReplicaRegistry.register("writer", lambda: Replica)
base._ROLLOUT_REGISTRY["writer", "async"] = "verl_cpu_backend.Adapter"
