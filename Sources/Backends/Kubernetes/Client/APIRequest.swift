import Foundation
package import Jobs

/// A request to the API server before access is added. It is a pure value, so tests can check it without a server.
package struct APIRequest: Sendable, Equatable {
    enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    /// The name of this program among an object's field managers.
    static let fieldManager = "tfjob-admin"

    var method: Method
    /// Relative to the server's URL, which may have a path of its own.
    var path: String
    var parameters: [URLQueryItem] = []
    var contentType: String?
    var body: JSONValue?
    /// The deadline for the complete answer.
    var timeout = Duration.seconds(30)
    /// The deadline for the beginning of the answer, over all attempts.
    var patience = Duration.seconds(30)
    /// The lane in which the request waits for its turn.
    var lane = RateLimit.Lane.urgent
    /// Whether a failed attempt is repeated. The reflector and the probe repeat by themselves, and report the first failure.
    var isRepeated = true

    init(_ method: Method, _ path: String) {
        self.method = method
        self.path = path
    }

    /// The path with its query.
    var target: String {
        guard !parameters.isEmpty else { return path }
        return path + "?" + parameters.map { "\($0.name)=\(Self.escaped($0.value ?? ""))" }.joined(separator: "&")
    }

    /// Returns the request with one more parameter, or unchanged if the value is nil.
    private func addingParameter(_ name: String, _ value: String?) -> APIRequest {
        guard let value else { return self }
        var request = self
        request.parameters.append(URLQueryItem(name: name, value: value))
        return request
    }

    /// Escapes all but the unreserved characters: <https://www.rfc-editor.org/rfc/rfc3986#section-2.3>.
    private static func escaped(_ text: String) -> String {
        let unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
        return text.addingPercentEncoding(withAllowedCharacters: CharacterSet(charactersIn: unreserved)) ?? text
    }
}

/// Requests that read.
extension APIRequest {
    /// Asks for the server's version, to see whether the server answers. Every account may, also one without any right.
    ///
    /// Source: <https://kubernetes.io/docs/reference/access-authn-authz/rbac/#discovery-roles>.
    package static func version(within patience: Duration) -> APIRequest {
        var request = APIRequest(.get, "/version")
        request.timeout = patience
        request.patience = patience
        request.isRepeated = false
        return request
    }

    /// Reads one object.
    package static func get(_ object: ObjectReference) -> APIRequest {
        APIRequest(.get, object.path)
    }

    /// Reads one page of the objects that match a selector.
    ///
    /// Source: <https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks>.
    ///
    /// - Parameters:
    ///   - namespace: nil for all namespaces.
    ///   - limit: the largest number of objects on the page.
    ///   - token: the `continue` token of the previous page; nil for the first page.
    static func list(
        _ kind: ResourceKind,
        namespace: String? = nil,
        selector: String?,
        limit: Int = 500,
        continue token: String? = nil
    ) -> APIRequest {
        var request = APIRequest(.get, kind.path(namespace: namespace))
            .addingParameter("labelSelector", selector)
            .addingParameter("limit", String(limit))
            .addingParameter("continue", token)
        request.timeout = .seconds(60)
        // A page after the first one is worth another attempt.
        request.isRepeated = token != nil
        return request
    }

    /// Reads the warnings about an object.
    ///
    /// Source: <https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/>.
    package static func events(of uid: String, namespace: String?, limit: Int) -> APIRequest {
        APIRequest(.get, ResourceKind.events.path(namespace: namespace))
            .addingParameter("fieldSelector", "involvedObject.uid=\(uid),type=Warning")
            .addingParameter("limit", String(limit))
    }

    /// Streams the changes after a version.
    ///
    /// Source: <https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes>.
    ///
    /// - Parameters:
    ///   - namespace: nil for all namespaces.
    ///   - version: the resource version of the last list or event.
    ///   - seconds: how long the server keeps the stream open.
    static func watch(
        _ kind: ResourceKind,
        namespace: String? = nil,
        selector: String?,
        since version: String,
        seconds: Int
    ) -> APIRequest {
        var request = APIRequest(.get, kind.path(namespace: namespace))
            .addingParameter("labelSelector", selector)
            .addingParameter("watch", "true")
            .addingParameter("allowWatchBookmarks", "true")
            .addingParameter("resourceVersion", version)
            .addingParameter("timeoutSeconds", String(seconds))
        // Cuts the stream if the server doesn't, or if the connection died silently.
        request.timeout = .seconds(seconds + 30)
        request.isRepeated = false
        return request
    }

    /// Reads the log of a container.
    ///
    /// Source: <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#get-read-log-of-the-specified-pod>.
    package static func log(
        of pod: ObjectReference,
        container: String,
        tail: Int? = nil,
        follow: Bool = false
    ) -> APIRequest {
        var request = APIRequest(.get, "\(pod.path)/log")
            .addingParameter("container", container)
            .addingParameter("follow", follow ? "true" : nil)
            .addingParameter("tailLines", tail.map(String.init))
        request.timeout = follow ? .seconds(86_400 * 30) : .seconds(600)
        return request
    }
}

/// Requests that write.
extension APIRequest {
    /// Creates an object. If one of its name exists, the server answers 409 and changes nothing.
    ///
    /// Source: <https://kubernetes.io/docs/reference/using-api/api-concepts/#api-verbs>.
    ///
    /// - Parameters:
    ///   - isBulk: whether other requests pass this one.
    ///   - isDryRun: whether the server only checks whether it would create the object.
    package static func create(
        _ object: ObjectReference,
        _ body: JSONValue,
        isBulk: Bool = false,
        isDryRun: Bool = false
    ) -> APIRequest {
        var request = APIRequest(.post, object.kind.path(namespace: object.namespace))
            .addingParameter("fieldManager", fieldManager)
            .addingParameter("dryRun", isDryRun ? "All" : nil)
        request.contentType = "application/json"
        request.body = body
        request.lane = isBulk ? .bulk : .urgent
        return request
    }

    /// Changes some fields of an object.
    ///
    /// Source: <https://www.rfc-editor.org/rfc/rfc7386>.
    ///
    /// - Parameter uid: the object's uid. A uid can't be changed, so the server refuses the patch for a later object of the same name.
    package static func patch(_ object: ObjectReference, uid: String, _ body: JSONValue) -> APIRequest {
        var request = APIRequest(.patch, object.path).addingParameter("fieldManager", fieldManager)
        request.contentType = "application/merge-patch+json"
        request.body = body.merging(["metadata": .object(["uid": .string(uid)])])
        return request
    }

    /// Deletes an object after the objects that it owns.
    ///
    /// Source: <https://kubernetes.io/docs/concepts/architecture/garbage-collection/#foreground-deletion>.
    ///
    /// - Parameter uid: the object's uid; a later object of the same name stays.
    package static func delete(_ object: ObjectReference, uid: String) -> APIRequest {
        var request = APIRequest(.delete, object.path)
        request.contentType = "application/json"
        request.body = [
            "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Foreground",
            "preconditions": ["uid": .string(uid)],
        ]
        return request
    }
}
