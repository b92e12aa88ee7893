import Jobs

extension APIRequest {
    /// Makes an object, or brings it to what is said of it; what is not said stays as it is.
    ///
    /// Source: <https://kubernetes.io/docs/reference/using-api/server-side-apply/>.
    ///
    /// - Parameters:
    ///   - object: where it is to be.
    ///   - body: all that we want of it.
    ///   - force: whether fields are taken from other managers; a conflict with them is an error otherwise.
    static func apply(_ object: ObjectReference, _ body: JSONValue, force: Bool = false) -> APIRequest {
        var request = APIRequest(.patch, object.path)
            .with("fieldManager", fieldManager)
            .with("force", force ? "true" : "false")
        // JSON is YAML.
        request.contentType = "application/apply-patch+yaml"
        request.body = body
        return request
    }

    /// Changes some fields of an object.
    ///
    /// Source: <https://www.rfc-editor.org/rfc/rfc7386>.
    ///
    /// - Parameters:
    ///   - object: which.
    ///   - uid: it has to be this very object, not a later one of the same name: an object's uid can't be changed.
    ///   - body: the patch.
    static func patch(_ object: ObjectReference, uid: String, _ body: JSONValue) -> APIRequest {
        var request = APIRequest(.patch, object.path).with("fieldManager", fieldManager)
        request.contentType = "application/merge-patch+json"
        request.body = body.merging(["metadata": .object(["uid": .string(uid)])])
        return request
    }

    /// Deletes an object, what it owns first.
    ///
    /// Source: <https://kubernetes.io/docs/concepts/architecture/garbage-collection/#foreground-deletion>.
    ///
    /// - Parameters:
    ///   - object: which.
    ///   - uid: it has to be this very object.
    static func delete(_ object: ObjectReference, uid: String) -> APIRequest {
        var request = APIRequest(.delete, object.path)
        request.contentType = "application/json"
        request.body = [
            "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Foreground",
            "preconditions": ["uid": .string(uid)],
        ]
        return request
    }
}
