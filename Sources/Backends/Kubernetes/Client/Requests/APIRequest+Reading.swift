extension APIRequest {
    /// Reads one object.
    static func get(_ object: ObjectReference) -> APIRequest {
        APIRequest(.get, object.path)
    }

    /// Reads a page of the objects that a selector matches.
    ///
    /// Source: <https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks>.
    ///
    /// - Parameters:
    ///   - kind: what to list.
    ///   - namespace: nil for all.
    ///   - selector: of labels.
    ///   - limit: at most so many.
    ///   - token: of the page before; nil for the first.
    static func list(
        _ kind: ResourceKind,
        namespace: String? = nil,
        selector: String?,
        limit: Int = 500,
        continue token: String? = nil
    ) -> APIRequest {
        var request = APIRequest(.get, kind.path(namespace: namespace))
            .with("labelSelector", selector)
            .with("limit", String(limit))
            .with("continue", token)
        request.timeout = .seconds(60)
        return request
    }

    /// Follows the changes after a version.
    ///
    /// Source: <https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes>.
    ///
    /// - Parameters:
    ///   - kind: what to watch.
    ///   - namespace: nil for all.
    ///   - selector: of labels.
    ///   - version: the resource version of the list or the event before.
    ///   - seconds: when the server is to end the stream in good order.
    static func watch(
        _ kind: ResourceKind,
        namespace: String? = nil,
        selector: String?,
        since version: String,
        seconds: Int
    ) -> APIRequest {
        var request = APIRequest(.get, kind.path(namespace: namespace))
            .with("labelSelector", selector)
            .with("watch", "true")
            .with("allowWatchBookmarks", "true")
            .with("resourceVersion", version)
            .with("timeoutSeconds", String(seconds))
        // A server that forgets to end the stream, or a connection that is dead without a word, is cut here.
        request.timeout = .seconds(seconds + 30)
        return request
    }

    /// Reads what a container wrote.
    ///
    /// Source: <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#get-read-log-of-the-specified-pod>.
    static func log(
        of pod: ObjectReference,
        container: String,
        tail: Int? = nil,
        follow: Bool = false
    ) -> APIRequest {
        var request = APIRequest(.get, "\(pod.path)/log")
            .with("container", container)
            .with("follow", follow ? "true" : nil)
            .with("tailLines", tail.map(String.init))
        request.timeout = follow ? .seconds(86_400 * 30) : .seconds(600)
        return request
    }
}
