"""The admin's part for people and bases. Bases and tables are deleted through the trash, so nothing is deleted for good here."""

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.core.paginator import Paginator
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.forms import BaseInlineFormSet, ModelForm, ValidationError
from django.http import HttpRequest
from django.utils.functional import cached_property

from bases.forms import BaseForm
from bases.models import Base, Invite, Member, Role, User

admin.site.site_header = "Rowan administration"
admin.site.site_title = "Rowan"
admin.site.index_title = "What is in this installation"

LISTED = 10_000  # entries a list pages through; whoever looks for an older one searches


class ListPaginator(Paginator):
    """Counts no further than LISTED, so that a list opens at once whatever has piled up."""

    @cached_property
    def count(self) -> int:
        assert isinstance(self.object_list, QuerySet)
        return self.object_list.order_by()[:LISTED].count()


class RowanAdmin(admin.ModelAdmin):
    """What all lists share: no counting, no scan, no deleting."""

    paginator = ListPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnlyAdmin(RowanAdmin):
    """Things that only the product itself may write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class SomeOwner(BaseInlineFormSet):
    """A base's members; at least one of them is an owner."""

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        kept = [form for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]
        if not any(form.cleaned_data["role"] == Role.OWNER for form in kept):
            raise ValidationError("A base keeps at least one owner.")


class MemberInline(admin.TabularInline):
    model = Member
    formset = SomeOwner
    fields = ("user", "role", "opened_at")
    readonly_fields = ("opened_at",)
    raw_id_fields = ("user",)

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 0 if obj else 1  # a new base needs its owner


class MembershipInline(admin.TabularInline):
    """The bases of a person, to look at: roles are changed in the base, which keeps an owner."""

    model = Member
    fields = readonly_fields = ("base", "role", "opened_at")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    paginator = ListPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    ordering = ("email",)
    list_display = ("email", "first_name", "last_name", "is_active", "is_staff", "date_joined", "last_login")
    search_fields = ("email", "first_name", "last_name")
    add_form = AdminUserCreationForm
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        ("Name", {"fields": ("first_name", "last_name")}),
        ("May", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Times", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "usable_password", "password1", "password2")}),)
    readonly_fields = ("last_login", "date_joined")
    inlines = (MembershipInline,)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else ()

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm, change: bool) -> None:
        obj.email = obj.email.lower()  # as UserManager stores it, or the person could not log in
        if change and "email" in form.changed_data:
            EmailAddress.objects.filter(user=obj).delete()  # or the old address would go on opening the account
        super().save_model(request, obj, form, change)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Refuse people whose bases would be left without an owner."""
        to_delete, counts, missing, protected = super().get_deleted_objects(objs, request)
        gone = [user.pk for user in objs]
        others = Member.objects.filter(base=OuterRef("base"), role=Role.OWNER).exclude(user__in=gone)
        left = Member.objects.filter(~Exists(others), user__in=gone, role=Role.OWNER).select_related("base", "user")
        protected += [f"Base “{m.base}”, whose only owner is {m.user}: make another member an owner first." for m in left]
        return to_delete, counts, missing - {"member", "invite"}, protected


@admin.register(Base)
class BaseAdmin(RowanAdmin):
    form = BaseForm
    list_display = ("id", "name", "created_at", "deleted_at")
    list_display_links = ("id", "name")
    list_filter = (("deleted_at", admin.EmptyFieldListFilter),)
    search_fields = ("=id", "name", "=members__user__email")
    ordering = ("-id",)
    fields = ("name", "color", "created_at", "deleted_at")
    readonly_fields = ("created_at", "deleted_at")
    inlines = (MemberInline,)
    actions = ("move_to_trash", "restore")

    def save_model(self, request: HttpRequest, obj: Base, form: ModelForm, change: bool) -> None:
        obj.save(update_fields=["name", "color"] if change else None)

    @admin.action(description="Move to the trash", permissions=["change"])
    def move_to_trash(self, request: HttpRequest, queryset: QuerySet[Base]) -> None:
        for base in queryset.filter(deleted_at=None):
            base.trash()
            self.log_change(request, base, "Moved to the trash.")

    @admin.action(description="Restore from the trash", permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Base]) -> None:
        for base in queryset.exclude(deleted_at=None):
            base.restore()
            self.log_change(request, base, "Restored from the trash.")


@admin.register(Member)
class MemberAdmin(ReadOnlyAdmin):
    """Who is in which base, to search; roles are changed in the base, which keeps an owner."""

    list_display = ("id", "user", "base", "role", "opened_at")
    list_select_related = ("user", "base")
    list_filter = ("role",)
    search_fields = ("=user__email", "=base__id", "base__name")
    ordering = ("-id",)


@admin.register(Invite)
class InviteAdmin(RowanAdmin):
    """Invites can be withdrawn here; they are sent from a base's own page, which also writes the e-mail."""

    list_display = ("id", "email", "base", "role", "invited_by", "created_at")
    list_select_related = ("base", "invited_by")
    search_fields = ("email", "=base__id", "base__name")
    ordering = ("-id",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)
