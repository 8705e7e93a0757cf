field-name = Data
field-purpose = What for
field-basis = Basis
field-kept = Kept for
