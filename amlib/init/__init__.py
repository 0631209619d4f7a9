"""`am init`: from a folder of exports to a first `book.toml`, with all that could not be told marked in it.

`looking` reads the folder, `recognising` says which table each sheet is and which column each header (`exports` knows
the exports of some systems), `deriving` writes the SQL where a sheet is not yet a table of ours, `leaving_out` the
rules for rows that no table takes, `proposing` puts it together and asks, `writing` makes the TOML, `command` is
`am init`.
"""
