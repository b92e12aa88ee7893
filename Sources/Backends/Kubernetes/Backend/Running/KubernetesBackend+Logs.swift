public import Jobs
import KubernetesClient

extension KubernetesBackend: LogSource {
    /// Lists the runs whose objects are on the cluster; a run's logs are deleted with its pods.
    public func loggedRuns(of job: JobKey) async throws(BackendError) -> [LoggedRun] {
        store.runs.values.filter { $0.id.key == job && $0.anchor != nil }
            .sorted { $0.id.number < $1.id.number }
            .compactMap { run in
                run.job.map { job in
                    LoggedRun(number: run.id.number, replicas: RunStatus(pending: job).replicas.map(\.name))
                }
            }
    }

    /// Opens the log of a replica's newest pod. It is empty if there is no pod, or if the script hasn't started.
    public func log(of run: RunID, replica: String, _ extent: LogExtent) async throws(BackendError) -> OpenLog? {
        guard let job = store.runs[run]?.job,
            RunStatus(pending: job).replicas.contains(where: { $0.name == replica })
        else { return nil }
        let reader = PodLogReader(backend: self, run: run, replica: replica, extent: extent)
        try await reader.openLog()
        return OpenLog(LogStream { try await reader.nextChunk() })
    }

    /// The newest pod of a replica; nil if it has none.
    func newestPod(of run: RunID, replica: String) -> PodObject? {
        store.runs[run]?.pod(of: replica)
    }

    /// Whether a run may still get pods.
    func isOpen(_ run: RunID) -> Bool {
        store.runs[run]?.status?.phase.isFinal == false
    }
}

/// Reads the log of a replica while it grows.
///
/// Source: <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#get-read-log-of-the-specified-pod>.
actor PodLogReader {
    private let backend: KubernetesBackend
    private let run: RunID
    private let replica: String
    private let extent: LogExtent
    private var stream: ResponseStream?

    init(backend: KubernetesBackend, run: RunID, replica: String, extent: LogExtent) {
        self.backend = backend
        self.run = run
        self.replica = replica
        self.extent = extent
    }

    /// Opens the log if the replica has a pod.
    func openLog() async throws(BackendError) {
        guard let pod = await backend.newestPod(of: run, replica: replica) else { return }
        try await openLog(of: pod)
    }

    /// Returns the next chunk, or nil at the end.
    func nextChunk() async throws -> [UInt8]? {
        while stream == nil {
            guard extent.isFollowed, await backend.isOpen(run) else { return nil }
            // The watch reports a new pod; this only reads memory.
            try await Task.sleep(for: .milliseconds(200))
            if let pod = await backend.newestPod(of: run, replica: replica), pod.state != .pending {
                try await openLog(of: pod)
            }
        }
        guard var stream else { return nil }
        do throws(APIError) {
            let chunk = try await stream.nextChunk()
            self.stream = stream
            return chunk
        } catch {
            try Task.checkCancellation()
            throw BackendError.unavailable("\(error)")
        }
    }

    private func openLog(of pod: PodObject) async throws(BackendError) {
        let request = APIRequest.log(
            of: pod.reference,
            container: PodShape.container,
            tail: extent.tail,
            follow: extent.isFollowed
        )
        do throws(APIError) {
            stream = try await backend.objects.client.openStream(request)
        } catch {
            // 400: the container hasn't started. 404: the pod is gone.
            if case .status(let status) = error, [400, 404].contains(status.code) { return }
            throw BackendError(error, pod.reference)
        }
    }
}
