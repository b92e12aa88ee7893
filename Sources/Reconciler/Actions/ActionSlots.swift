import Jobs

/// The actions that are under way, at most one for each job.
///
/// A job that lingers is being stopped, and a job that is being stopped is under way: `lingering ⊆ stopping ⊆ underWay`. A
/// lingering job has no slot, so that others go on while its stop takes long.
struct ActionSlots: Sendable {
    private(set) var underWay: [JobKey: Task<Void, Never>] = [:]
    private var stopping: Set<JobKey> = []
    private var lingering: Set<JobKey> = []

    /// How many more actions may begin on a cluster.
    func room(on cluster: String, limit: Int) -> Int {
        limit - underWay.keys.count { $0.cluster == cluster && !lingering.contains($0) }
    }

    mutating func begin(_ key: JobKey, _ task: Task<Void, Never>) {
        underWay[key] = task
    }

    mutating func end(_ key: JobKey) {
        endStop(of: key)
        underWay[key] = nil
    }

    mutating func beginStop(of key: JobKey) {
        guard underWay[key] != nil else { return }
        stopping.insert(key)
    }

    mutating func endStop(of key: JobKey) {
        stopping.remove(key)
        lingering.remove(key)
    }

    /// Takes the slot from a job whose stop takes long.
    ///
    /// - Returns: whether it had one.
    mutating func releaseSlot(of key: JobKey) -> Bool {
        stopping.contains(key) && lingering.insert(key).inserted
    }
}
