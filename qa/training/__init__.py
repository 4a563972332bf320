"""Scripts that fit what citewire ships: the support model, its calibration, the answer score. Not used at run time."""
