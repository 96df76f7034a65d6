"""Long work: bundles, the worker that carries one out, the supervisor that watches over workers."""
