import CPlatform

/// A process to which what its descendants leave behind comes back.
public enum Subreaper {
    /// Makes this process one: an orphan below it gets it for a parent, in place of the machine's first process.
    ///
    /// Source: `PR_SET_CHILD_SUBREAPER`, <https://man7.org/linux/man-pages/man2/PR_SET_CHILD_SUBREAPER.2const.html>.
    public static func become() {
        tfjob_admin_become_subreaper()
    }

    /// Takes the exit code of a dead child, so that it is no zombie any more; waits for the child's end.
    ///
    /// A process that is no child is left alone.
    public static func reap(_ pid: Int32) {
        tfjob_admin_reap(pid)
    }
}
