extension Repository {
    /// Whether the repository is a shallow clone, whose history ends at a boundary.
    public var isShallow: Bool { !handle.shallowBoundary().isEmpty }
}
