/// Collects what is wrong with an object.
struct Check {
    private(set) var faults: [Reading.Fault] = []

    mutating func invalid(_ field: String, _ value: JSONTree, _ why: String) {
        let text = value.text.map(\.quoted) ?? value.json
        faults.append(
            Reading.Fault(reason: "FieldValueInvalid", field: field, message: "Invalid value: \(text): \(why)")
        )
    }

    mutating func required(_ field: String, _ why: String = "") {
        faults.append(
            Reading.Fault(
                reason: "FieldValueRequired",
                field: field,
                message: "Required value" + (why.isEmpty ? "" : ": \(why)")
            )
        )
    }

    mutating func forbidden(_ field: String, _ why: String) {
        faults.append(Reading.Fault(reason: "FieldValueForbidden", field: field, message: "Forbidden: \(why)"))
    }

    mutating func unsupported(_ field: String, _ value: JSONTree, _ supported: [String]) {
        let words = supported.map(\.quoted).joined(separator: ", ")
        faults.append(
            Reading.Fault(
                reason: "FieldValueNotSupported",
                field: field,
                message: "Unsupported value: \(value.json): supported values: \(words)"
            )
        )
    }

    mutating func append(_ fault: Reading.Fault) { faults.append(fault) }

    mutating func immutable(_ field: String, _ old: JSONTree, _ new: JSONTree) {
        if old != new { invalid(field, new, "field is immutable") }
    }

    mutating func notNegative(_ field: String, _ value: JSONTree) {
        if let number = value.int, number < 0 { invalid(field, value, "must be greater than or equal to 0") }
    }

    /// The metadata of any object.
    ///
    /// Source: `ValidateObjectMeta`,
    /// <https://github.com/kubernetes/kubernetes/blob/v1.32.0/staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go>.
    mutating func metadata(of object: JSONTree, _ resource: Resource) {
        let metadata = object.metadata
        let name = metadata.name.text ?? ""
        if name.isEmpty {
            required("metadata.name", "name or generateName is required")
        } else {
            let fault =
                switch resource.qualifiedName {
                case "namespaces": Names.faultOfLabel(name)
                case "services": Names.faultOfDNS1035Label(name)
                default: Names.faultOfSubdomain(name)
                }
            if let fault { invalid("metadata.name", metadata.name, fault) }
        }
        labels(metadata.labels, at: "metadata.labels")
        var size = 0
        for (key, value) in metadata.annotations.texts.sorted(by: { $0.key < $1.key }) {
            size += key.utf8.count + value.utf8.count
            if let fault = Names.faultOfQualifiedName(key.lowercased()) {
                invalid("metadata.annotations", .string(key), fault)
            }
        }
        if size > 256 * 1024 {
            faults.append(
                Reading.Fault(
                    reason: "FieldValueTooLong",
                    field: "metadata.annotations",
                    message: "Too long: may not be more than 262144 bytes"
                )
            )
        }
        for finalizer in metadata.finalizers.elements {
            if let fault = Names.faultOfQualifiedName(finalizer.text ?? "") {
                invalid("metadata.finalizers", finalizer, fault)
            }
        }
        if metadata.ownerReferences.elements.count(where: \.controller.isTrue) > 1 {
            invalid(
                "metadata.ownerReferences",
                metadata.ownerReferences,
                "Only one reference can have Controller set to true"
            )
        }
    }

    mutating func labels(_ labels: JSONTree, at field: String) {
        for (key, value) in labels.texts.sorted(by: { $0.key < $1.key }) {
            if let fault = Names.faultOfQualifiedName(key) { invalid(field, .string(key), fault) }
            if let fault = Names.faultOfLabelValue(value) { invalid(field, .string(value), fault) }
        }
    }

    /// What no update may change, and that what is being deleted gets no new finalizers.
    ///
    /// Source: `ValidateObjectMetaAccessorUpdate`, the same file.
    mutating func update(from old: JSONTree, to new: JSONTree) {
        for name in ["name", "namespace", "uid", "creationTimestamp"] {
            immutable("metadata.\(name)", old.metadata[name] ?? .null, new.metadata[name] ?? .null)
        }
        guard !old.metadata.deletionTimestamp.isNull else { return }
        let added = Set(new.metadata.finalizers.elements).subtracting(old.metadata.finalizers.elements)
        if !added.isEmpty {
            forbidden(
                "metadata.finalizers",
                "no new finalizers can be added if the object is being deleted, found new finalizers \(added.compactMap(\.text))"
            )
        }
    }
}
