"""The registers of special statuses (身障、低收、在學 …), behind
``people.ports.StatusRegister``.
"""
