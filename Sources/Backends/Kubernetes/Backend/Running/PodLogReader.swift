import Jobs
import KubernetesClient

/// Reads the log of a replica while it comes, as the pod log API gives it.
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

    /// Opens the log, where there is one already.
    func begin() async throws(BackendError) {
        guard let pod = await backend.newestPod(of: run, replica: replica) else { return }
        try await open(pod)
    }

    /// The next piece; nil at the end.
    func next() async throws -> [UInt8]? {
        while stream == nil {
            guard extent.isFollowed, await backend.isOpen(run) else { return nil }
            // A pod that comes is told of by the watch; what is asked here is in memory.
            try await Task.sleep(for: .milliseconds(200))
            if let pod = await backend.newestPod(of: run, replica: replica), pod.state != .pending {
                try await open(pod)
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

    private func open(_ pod: PodObject) async throws(BackendError) {
        let reference = ObjectReference(kind: .pods, namespace: pod.metadata.namespace, name: pod.metadata.name)
        let request = APIRequest.log(
            of: reference,
            container: PodShape.container,
            tail: extent.tail,
            follow: extent.isFollowed
        )
        do throws(APIError) {
            stream = try await backend.client.openStream(request)
        } catch {
            // 400: the container has not begun. 404: the pod has just gone.
            if case .status(let status) = error, [400, 404].contains(status.code) { return }
            throw BackendError(error, reference)
        }
    }
}
