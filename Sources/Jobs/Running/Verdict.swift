/// Whether a run is over, judged from its replicas alone.
public enum Verdict: Equatable, Sendable {
    /// Nothing is decided yet.
    case open
    case succeeded
    /// A replica failed that may not be restarted.
    case failed(reason: String, message: String)
}

extension Job {
    /// Judges a run by the rules of TFJob v1.
    ///
    /// A chief or master decides alone; without one, worker 0 does, or all workers under `AllWorkers`. A job with none of them is done when
    /// all its replicas are. A replica that failed fails the run, unless the run has succeeded already.
    ///
    /// Source: `UpdateJobStatus`,
    /// <https://github.com/kubeflow/training-operator/blob/v1.9.0/pkg/controller.v1/tensorflow/tfjob_controller.go>.
    public func verdict(of replicas: [ReplicaStatus]) -> Verdict {
        let deciding = replicas.filter { decides($0) }
        if !deciding.isEmpty, deciding.allSatisfy({ $0.state == .succeeded }) {
            return .succeeded
        }
        guard let failed = replicas.first(where: { $0.state == .failed }) else { return .open }
        let code = failed.exitCode.map { "exited with code \($0)" } ?? "failed"
        return .failed(reason: "ReplicaFailed", message: "\(failed.name) \(code)")
    }

    private func decides(_ replica: ReplicaStatus) -> Bool {
        let types = Set(replicas.filter { $0.count > 0 }.map(\.type))
        if types.contains(.chief) || types.contains(.master) {
            return replica.type == .chief || replica.type == .master
        }
        guard types.contains(.worker) else { return true }
        return replica.type == .worker && (successPolicy == .allWorkers || replica.index == 0)
    }
}
