/// Who writes, and what they asked for beside the object.
struct WriteOptions: Sendable {
    /// How unknown fields are answered: <https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation>.
    enum FieldValidation: String, Sendable {
        case ignore = "Ignore"
        case warn = "Warn"
        case strict = "Strict"
    }

    /// Owns what is written.
    var manager: String
    var force = false
    /// Checks all and writes nothing.
    var isDryRun = false
    var fieldValidation = FieldValidation.warn
    /// `status`, or empty.
    var subresource = ""
}

/// Which of an object's states a read may show.
///
/// Source: <https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions>.
struct ReadOptions: Sendable {
    var selector = Selector()
    /// Nil: all of them.
    var namespace: String?
    /// As the client sent it.
    var resourceVersion = ""
    var resourceVersionMatch = ""
    var limit = 0
    var continuation = ""
    /// What a read that takes any state (`resourceVersion=0`) is shown; nil: the newest.
    var staleRevision: Int?
}

/// What a watch asked for.
struct WatchOptions: Sendable {
    var read = ReadOptions()
    var wantsBookmarks = false
    /// Starts with all objects and a bookmark behind them.
    var sendsInitialEvents = false
}

/// `metav1.DeleteOptions`.
struct DeleteOptions: Sendable {
    /// What becomes of the dependents: <https://kubernetes.io/docs/concepts/architecture/garbage-collection/#cascading-deletion>.
    enum Propagation: String, Sendable {
        case foreground = "Foreground"
        case background = "Background"
        case orphan = "Orphan"
    }

    var uid: String?
    var resourceVersion: String?
    var propagation: Propagation?
    /// In seconds; nil: what the pod says.
    var gracePeriod: Int?
    var isDryRun = false

    init() {}

    /// Reads a request's body, `.null` where there is none.
    init(_ body: JSONTree) throws(APIError) {
        uid = body.preconditions.uid.text
        resourceVersion = body.preconditions.resourceVersion.text
        gracePeriod = body.gracePeriodSeconds.int
        isDryRun = !body.dryRun.elements.isEmpty
        if let text = body.propagationPolicy.text {
            guard let propagation = Propagation(rawValue: text) else {
                throw APIError(
                    422,
                    "Invalid",
                    "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Unsupported value: \"\(text)\": supported values:"
                        + " \"Foreground\", \"Background\", \"Orphan\", \"nil\""
                )
            }
            self.propagation = propagation
        } else if case .bool(let orphans) = body.orphanDependents {
            propagation = orphans ? .orphan : .background
        }
    }
}
