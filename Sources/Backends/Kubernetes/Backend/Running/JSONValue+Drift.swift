import Jobs

extension JSONValue {
    /// Whether a spec is as we want it: others may say more than we do, but for the selector, which selects other pods with each key more.
    ///
    /// Source: `selector` is an atomic map, <https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/#ServiceSpec>.
    func holds(_ wanted: JSONValue) -> Bool {
        contains(wanted) && (wanted["selector"] == nil || self["selector"] == wanted["selector"])
    }
}
