from django.urls import include, path

from bases import accounts, member_views, views

urlpatterns = [
    path("", views.home, name="home"),
    path("demo/", accounts.continue_as_demo, name="demo"),
    path("b/new/", views.new_base, name="new_base"),
    path("b/<int:base_id>/settings/", views.edit_base, name="edit_base"),
    path("b/<int:base_id>/delete/", views.delete_base, name="delete_base"),
    path("b/<int:base_id>/restore/", views.restore_base, name="restore_base"),
    path("b/<int:base_id>/members/", member_views.members, name="members"),
    path("b/<int:base_id>/members/<int:member_id>/role/", member_views.set_role, name="set_role"),
    path("b/<int:base_id>/members/<int:member_id>/remove/", member_views.remove_member, name="remove_member"),
    path("b/<int:base_id>/leave/", member_views.leave, name="leave"),
    path("b/<int:base_id>/invites/<int:invite_id>/withdraw/", member_views.withdraw_invite, name="withdraw_invite"),
    path("invites/<int:invite_id>/join/", member_views.join_base, name="join"),
    path("invites/<int:invite_id>/decline/", member_views.decline_invite, name="decline_invite"),
    path("invites/<int:invite_id>/<str:key>/", member_views.invitation, name="invitation"),
    path("accounts/", include(accounts.urlpatterns)),
]
