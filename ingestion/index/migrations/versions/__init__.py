"""One file a step, frozen once released: a step repeats its tables rather than import today's."""
