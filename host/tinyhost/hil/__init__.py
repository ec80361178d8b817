"""Hardware in the loop: rig files, the pytest plugin with its fixtures, the runner of a whole rig.

This package imports nothing; `tinyhost.hil.plugin` is loaded in every pytest run and stays inert until it is used.
"""
