//! Who may be forgotten: personal text is sealed before it is a fact.
