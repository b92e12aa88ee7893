/// What every object that is written goes through: its form, its names, its defaults, the rules of its kind.
///
/// Source: <https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/>.
struct Admission {
    let resource: Resource
    let fieldValidation: WriteOptions.FieldValidation
    /// Sentences for the header `Warning`.
    private(set) var warnings: [String] = []

    init(_ resource: Resource, _ fieldValidation: WriteOptions.FieldValidation) {
        self.resource = resource
        self.fieldValidation = fieldValidation
    }

    /// Reads an object by the schema of its kind.
    ///
    /// A built-in kind may be left to the path; a custom one is to be named. What is of the wrong type is 400 for a built-in kind, whose objects are decoded into Go structures, and 422 for a custom one.
    mutating func read(_ body: JSONTree, checksFields: Bool = true) throws(APIError) -> JSONTree {
        var object = body
        if !resource.isCustom {
            if object["kind"] == nil { object.kind = .string(resource.kind) }
            if object["apiVersion"] == nil { object.apiVersion = .string(resource.apiVersion) }
        }
        guard case .object = body else {
            throw .badRequest("the object provided is unrecognized (must be of type \(resource.kind))")
        }
        guard object.kind.text == resource.kind, object.apiVersion.text == resource.apiVersion else {
            throw .badRequest(
                "\(object.kind.text ?? "") in version \"\(object.apiVersion.text ?? "")\" cannot be handled as a \(resource.kind):"
                    + " converting (\(object.apiVersion.text ?? "")) to (\(resource.apiVersion)): unknown conversion"
            )
        }
        var reading = Reading()
        let result = reading.read(object, as: resource.schema, at: "")
        if checksFields, !reading.unknown.isEmpty {
            let sentences = reading.unknown.map { "unknown field \"\($0)\"" }
            switch fieldValidation {
            case .ignore: break
            case .warn: warnings += sentences
            case .strict:
                throw .badRequest(
                    "\(resource.kind) in version \"\(resource.version)\" cannot be handled as a \(resource.kind): strict decoding error: "
                        + sentences.joined(separator: ", ")
                )
            }
        }
        let name = object.metadata.name.text ?? ""
        if !resource.isCustom, let fault = reading.faults.first(where: { $0.reason == "FieldValueTypeInvalid" }) {
            throw .badRequest(
                "\(resource.kind) in version \"\(resource.version)\" cannot be handled as a \(resource.kind): json: cannot unmarshal:"
                    + " \(fault.field): \(fault.message)"
            )
        }
        guard reading.faults.isEmpty else { throw .invalid(resource, name, reading.faults) }
        return result
    }

    /// Checks an object that is complete.
    ///
    /// - Parameter old: what it takes the place of; nil where it is new.
    func validate(_ object: JSONTree, replacing old: JSONTree?) throws(APIError) {
        var check = Check()
        check.metadata(of: object, resource)
        switch resource.qualifiedName {
        case "pods": check.podSpec(object.spec, at: "spec")
        case "services": check.service(object)
        case "jobs.batch": check.job(object, replacing: old)
        case "tfjobs.kubeflow.org": check.tfJob(object, replacing: old)
        default: break
        }
        if let old { check.update(from: old, to: object) }
        guard check.faults.isEmpty else {
            throw .invalid(resource, object.metadata.name.text ?? "", check.faults)
        }
    }
}
