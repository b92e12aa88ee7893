public import Jobs
import KubernetesClient
import Logging

extension KubernetesBackend {
    /// Lists every run of this installation on this cluster.
    ///
    /// - Throws: ``BackendError/unavailable(_:)`` while the cluster can't be asked: an old list could be taken for the truth.
    public func observe() async throws(BackendError) -> [RunObservation] {
        await waitUntilRead()
        if let fault = health.fault {
            throw .unavailable(fault)
        }
        guard health.isSettled else {
            throw .unavailable("the cluster \"\(cluster)\" has not been read yet")
        }
        let ids = Set(store.runs.keys).union(restarting.keys).sorted { ($0.key, $0.number) < ($1.key, $1.number) }
        return ids.compactMap { observation($0) }
    }

    /// Says what is known of one run. Where the cluster has been away for long, an open run is unknown.
    public func observe(_ run: RunID) async throws(BackendError) -> RunObservation? {
        await waitUntilRead()
        if store.runs[run]?.anchor == nil, let fault = health.fault {
            throw .unavailable(fault)
        }
        return observation(run)
    }

    func observation(_ id: RunID) -> RunObservation? {
        if let known = restarting[id] { return known }
        guard let run = store.runs[id], let job = run.job, var status = run.status else { return nil }
        if status.phase.isFinal {
            if delivered[id] == nil {
                delivered[id] = .now
            }
        } else if isStale {
            status.phase = .unknown
            status.reason = "ClusterUnreachable"
            status.message = health.fault ?? "the cluster does not answer"
        }
        return RunObservation(id: id, job: job, commit: run.anchor?.note(Marks.commit) ?? "", status: status)
    }

    /// Waits until everything was read once, or could not be.
    private func waitUntilRead() async {
        if health.isSettled { return }
        await withCheckedContinuation { readers.append($0) }
    }

    func admitReaders() {
        let waiting = readers
        readers = []
        waiting.forEach { $0.resume() }
    }

    /// Tells that a run may have changed, and looks at what is due for it.
    func announce(_ id: RunID) {
        changed.yield(id)
        callChore(id)
    }

    /// Notes an object that a call has just got, before the watch tells.
    func note(_ anchor: AnchorObject) {
        if let id = store.put(anchor) {
            announce(id)
        }
    }
}
