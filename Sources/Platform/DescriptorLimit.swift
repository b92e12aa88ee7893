import CPlatform

/// How many files this process may have open.
public enum DescriptorLimit {
    /// Raises the soft limit to the hard one: each replica that is watched takes a descriptor, and the usual 1024 are soon used up.
    ///
    /// Source: `RLIMIT_NOFILE`, <https://man7.org/linux/man-pages/man2/getrlimit.2.html>.
    public static func raise() {
        tfjob_admin_raise_descriptor_limit()
    }
}
