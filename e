board: native
